#include "id.h"

#include <sodium.h>

#include "clock.h"

enum { TIME_BYTES = 4 };

void id_new(bson_oid_t *id)
{
	uint32_t seconds = (uint32_t)(clock_now_ms() / 1000);

	for (int i = 0; i < TIME_BYTES; i++)
		id->bytes[i] = (uint8_t)(seconds >> 8 * (TIME_BYTES - 1 - i));
	randombytes_buf(id->bytes + TIME_BYTES, sizeof id->bytes - TIME_BYTES);
}
