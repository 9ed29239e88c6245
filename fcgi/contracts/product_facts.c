/* The facts of a product: their shapes, and copies of them. */
#include "product_facts.h"

#include <string.h>

#define FACT_ALONE(st, part, fact, most, may_lack)      \
	{                                               \
		FIELD(st, fact), .optional = (may_lack) \
	}

static const struct field product_fields[] = {
    PRODUCT_FACT_ROWS(FACT_ALONE, struct product_facts, )};
const struct shape product_facts = SHAPE(struct product_facts, product_fields);

static const struct field order_fields[] = {ORDER_FACT_ROWS(FACT_ALONE, struct product_facts, )};
const struct shape order_facts = SHAPE(struct product_facts, order_fields);

/* The text of a field; NULL where it has none. */
static const char *text_of(const struct product_facts *facts, const struct field *f)
{
	const void *at = (const char *)facts + f->offset;

	return f->type == FIELD_STRING ? *(const char *const *)at : NULL;
}

size_t product_facts_size(const struct product_facts *facts)
{
	size_t size = 0;

	for (size_t i = 0; i < product_facts.n; i++) {
		const char *text = text_of(facts, &product_fields[i]);

		size += text ? strlen(text) + 1 : 0;
	}
	return size;
}

void product_facts_copy(struct product_facts *copy, char *texts, const struct product_facts *facts)
{
	*copy = *facts;
	for (size_t i = 0; i < product_facts.n; i++) {
		const char *text = text_of(facts, &product_fields[i]);
		void *at = (char *)copy + product_fields[i].offset;
		size_t size = text ? strlen(text) + 1 : 0;

		if (!text)
			continue;
		*(const char **)at = memcpy(texts, text, size);
		texts += size;
	}
}

enum err product_facts_dup(struct product_facts *copy, struct arena *arena,
			   const struct product_facts *facts)
{
	size_t size = product_facts_size(facts);
	char *texts = arena_alloc(arena, size ? size : 1);

	if (!texts)
		return ERR_NO_MEMORY;
	product_facts_copy(copy, texts, facts);
	return OK;
}
