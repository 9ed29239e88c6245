/* Shared by the tests of the cart & order service: lines of carts. */
#ifndef TESTS_FCGI_CART_FIXTURE_H
#define TESTS_FCGI_CART_FIXTURE_H

#include "store_fixture.h"

#include "fcgi/cart_order/cart_put_store.h"

#define USER  "65f0c0ffee0123456789abcd"
#define OTHER "65f0c0ffee0123456789abce"

static inline struct cart_line make_line(const char *user_id, unsigned char product,
					 int64_t quantity)
{
	struct cart_line line = {.user_id = user_id,
				 .quantity = quantity,
				 .facts = {.name = "Milk 1L",
					   .unit = "1 L",
					   .image_url = "/pictures/milk.webp",
					   .price = {6050}}};

	line.product_id.bytes[11] = product;
	return line;
}

/* Puts a line; returns whether it was merged with an existing one. */
static inline bool put(struct ctx *ctx, const char *user_id, unsigned char product,
		       int64_t quantity)
{
	struct cart_line line = make_line(user_id, product, quantity);
	bool merged = false;

	assert_int_equal(cart_put(&merged, ctx, &line), OK);
	return merged;
}

static inline struct list lines_of(struct ctx *ctx, const char *user_id)
{
	struct list lines = {NULL, 0};

	assert_int_equal(cart_lines(&lines, ctx, user_id), OK);
	return lines;
}

static inline const struct cart_line *line_at(const struct list *lines, size_t i)
{
	assert_true(i < lines->n);
	return (const struct cart_line *)lines->items + i;
}

/* Removes lines of one user's cart; within a transaction where they may have changed. */
static inline enum err remove_lines(struct ctx *ctx, const char *user_id, const struct list *lines)
{
	return carts_remove_lines(ctx, &(struct cart_part){user_id, lines}, 1);
}

/* The quantity of the user's line of the product; 0: there is none. */
static inline int64_t quantity_of(struct ctx *ctx, const char *user_id, unsigned char product)
{
	struct list lines = lines_of(ctx, user_id);

	for (size_t i = 0; i < lines.n; i++) {
		if (line_at(&lines, i)->product_id.bytes[11] == product)
			return line_at(&lines, i)->quantity;
	}
	return 0;
}

#endif
