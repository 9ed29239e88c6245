/* The version of the program, for logs, spans and /status. */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

/* `git describe` of the sources, or the value of `make VERSION=…`; "unknown" without either. */
extern const char version[];

#endif
