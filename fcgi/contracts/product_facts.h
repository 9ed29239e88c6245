/*
 * The facts of a product that are copied: from its document to the replica, the lines of carts, the
 * answers of reservations and the lines of orders. Each of these has a struct product_facts as a
 * member, and its rows in its shape. A new fact is a member here and a row in one of the two lists
 * below. To publish it, add a row to each published shape (product_out, cart_line_out,
 * order_item_doc), in the order that clients see.
 */
#ifndef CONTRACTS_PRODUCT_FACTS_H
#define CONTRACTS_PRODUCT_FACTS_H

#include "err.h"
#include "shape.h"

/* In the answer of a reservation and in the line of an order, only the order facts are set. */
struct product_facts {
	const char *name, *unit; /* unit: contents of one piece: "1 L", "6 pcs" */
	const char *image_url;   /* in the database a path on the gateway; elsewhere complete */
	struct money price;
};

enum { PRODUCT_NAME_MAX = 100, PRODUCT_UNIT_MAX = 30, PRODUCT_IMAGE_URL_MAX = 500 };

/* ROW(st, part, fact, maximum characters of a text, whether it may be absent) for each order fact,
 * and for each fact. */
#define ORDER_FACT_ROWS(ROW, st, part) \
	ROW(st, part, name, PRODUCT_NAME_MAX, false), ROW(st, part, price, 0, false)
#define PRODUCT_FACT_ROWS(ROW, st, part)                                              \
	ORDER_FACT_ROWS(ROW, st, part), ROW(st, part, unit, PRODUCT_UNIT_MAX, false), \
	    ROW(st, part, image_url, PRODUCT_IMAGE_URL_MAX, false)

/* Rows of a shape whose struct `st` has the facts as its member `part`. */
#define FACT_ROW(st, part, fact, most, may_lack)                 \
	{                                                        \
		FIELD_IN(st, part, fact), .optional = (may_lack) \
	}
#define PRODUCT_FACTS(st, part) PRODUCT_FACT_ROWS(FACT_ROW, st, part)
#define ORDER_FACTS(st, part)   ORDER_FACT_ROWS(FACT_ROW, st, part)

/* The same with the limits of a product. */
#define LIMITED_FACT_ROW(st, part, fact, most, may_lack)                                           \
	{                                                                                          \
		FIELD_IN(st, part, fact), .optional = (may_lack), .min = (most) > 0, .max = (most) \
	}
#define LIMITED_PRODUCT_FACTS(st, part) PRODUCT_FACT_ROWS(LIMITED_FACT_ROW, st, part)
#define LIMITED_ORDER_FACTS(st, part)   ORDER_FACT_ROWS(LIMITED_FACT_ROW, st, part)

/* The facts alone. */
extern const struct shape product_facts, order_facts;

/* Bytes of a product's texts, including their NULs. */
size_t product_facts_size(const struct product_facts *facts);

/* Copies facts; the texts go to `texts`, which has product_facts_size() bytes. */
void product_facts_copy(struct product_facts *copy, char *texts, const struct product_facts *facts);

/* The same, with the texts in the arena. ERR_NO_MEMORY. */
enum err product_facts_dup(struct product_facts *copy, struct arena *arena,
			   const struct product_facts *facts) MUST_CHECK;

#endif
