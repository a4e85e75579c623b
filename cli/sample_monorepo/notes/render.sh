#!/bin/sh
# Joins the chapters into one book: render.sh FOLDER
set -eu
mkdir -p "$1"
: > "$1/book.txt"
for chapter in chapters/*.txt; do
    echo "adding $chapter"
    cat "$chapter" >> "$1/book.txt"
done
echo "the book has $(wc -w < "$1/book.txt") words"
