#include <stdio.h>
#include <stdlib.h>

#include "palette.h"

/* Draws a gradient from red to blue, as many steps wide as it is told. */
int main(int argc, char **argv)
{
    int width = argc > 1 ? atoi(argv[1]) : 8;
    struct colour blue = {0, 0, 255}, now = {255, 0, 0};

    for (int step = 0; step < width; step++) {
        printf("\033[48;2;%d;%d;%dm ", now.red, now.green, now.blue);
        now = palette_mix(now, blue);
    }
    puts("\033[0m");
    return 0;
}
