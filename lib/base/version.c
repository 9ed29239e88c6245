#include "version.h"

/* Of the build (Makefile), which makes this file anew when it changes. */
const char version[] = VERSION;
