#include <stdio.h>

#include "palette.h"

int main(void)
{
    struct colour black = {0, 0, 0}, white = {255, 255, 255};
    struct colour grey = palette_mix(black, white);

    printf("black and white make %d %d %d\n", grey.red, grey.green, grey.blue);
    return grey.red == 127 ? 0 : 1;
}
