#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The angle of a sundial's shadow at an hour, at 50 degrees north. */
int main(int argc, char **argv)
{
    double hour = argc > 1 ? atof(argv[1]) : 12.0;
    double turn = 3.14159265358979323846 / 180.0;
    double shadow = atan(sin(50.0 * turn) * tan((hour - 12.0) * 15.0 * turn)) / turn;

    printf("at %g h the shadow stands at %.1f degrees\n", hour, shadow);
    return 0;
}
