"""What is shown, as pure functions of what is known: values go in, HTML comes out."""
