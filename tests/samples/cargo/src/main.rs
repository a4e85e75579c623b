fn greeting() -> &'static str {
    "hello from cargo"
}

fn main() {
    println!("{}", greeting());
}

#[test]
fn greets() {
    assert_eq!(greeting(), "hello from cargo");
}
