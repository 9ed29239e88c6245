/* Which version this is, for logs, spans and /status. */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

/* As git describes the sources, or what `make VERSION=…` said; "unknown" without either. */
extern const char version[];

#endif
