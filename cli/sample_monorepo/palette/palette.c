#include "palette.h"

static unsigned char mean(unsigned char one, unsigned char other)
{
    return (unsigned char)((one + other) / 2);
}

struct colour palette_mix(struct colour one, struct colour other)
{
    struct colour mixed = {
        mean(one.red, other.red),
        mean(one.green, other.green),
        mean(one.blue, other.blue),
    };
    return mixed;
}
