#!/bin/bash
# Prints services.tsv as a C header for the seed program and the OpenAPI writer.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/services.sh"

# print_row NAME: the arguments of X for a service.
print_row() {
	printf '\tX(%s, %s, "%s", "%s", "%s") \\\n' "$1" "${1^^}" \
		"${SERVICE[$1.title]}" "${SERVICE[$1.database]}" "${SERVICE[$1.port]}"
}

cat <<'END'
/* Made of services.tsv by run/services_header.sh: do not edit. */
#ifndef SERVICES_H
#define SERVICES_H

#include "service.h"

/* X(name, NAME in capitals, title, database, public port): the last three are texts. */
#define SERVICES(X) \
END
for name in "${SERVICES[@]}"; do
	print_row "$name"
done
cat <<'END'

/* Each service's own tables are in `const struct service <name>_service`. */
#define SERVICES_DECLARE(name, ...) extern const struct service name##_service;
SERVICES(SERVICES_DECLARE)

#define SERVICES_COUNT(...) +1
enum { N_SERVICES = 0 SERVICES(SERVICES_COUNT) };

#endif
END
