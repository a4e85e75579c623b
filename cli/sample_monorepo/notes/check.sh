#!/bin/sh
# The book must hold every chapter: check.sh FOLDER
set -eu
for chapter in chapters/*.txt; do
    grep -qF "$(head -n 1 "$chapter")" "$1/book.txt" || { echo "$chapter is not in the book"; exit 1; }
done
echo "every chapter is in the book"
