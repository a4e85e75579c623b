#ifndef PALETTE_H
#define PALETTE_H

/* A colour of eight bits a channel. */
struct colour {
    unsigned char red, green, blue;
};

/* The mean of two colours, channel by channel. */
struct colour palette_mix(struct colour one, struct colour other);

#endif
