/*
 * near.c - see near.h.
 */
#include "sim/base/near.h"

void near_origin(void)
{
}
