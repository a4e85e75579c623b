#include <stdio.h>

int main(void)
{
	puts("hello from gradle");
	return 0;
}
