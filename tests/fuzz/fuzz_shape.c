/*
 * Binding of a request's body to a struct. The input is a JSON text. A bound struct is within the
 * limits of its fields and survives JSON and BSON; a refused body has a list of validation errors.
 */
#include "fuzz.h"
#include "json.h"
#include "shape.h"
#include "text.h"
#include "utf8.h"

enum { NAME_MAX_LEN = 8, COUNT_MAX = 99, ITEMS_MAX = 4, CODE_MIN = 2, CODE_MAX = 6 };

struct item {
	bson_oid_t id;
	int64_t count;
};

struct order {
	const char *name, *code, *note;
	struct money price, discount;
	int64_t count;
	bool gift;
	int size;
	struct list items;
};

static const char *const sizes[] = {"small", "large", NULL};

static const struct field item_fields[] = {
    {FIELD(struct item, id)},
    {FIELD(struct item, count), .min = 1, .max = COUNT_MAX},
};
static const struct shape item_shape = BOUNDED_SHAPE(struct item, item_fields);

static const struct field order_fields[] = {
    {FIELD(struct order, name), .min = 1, .max = NAME_MAX_LEN},
    {FIELD(struct order, code), .raw = true, .form = text_lower, .min = CODE_MIN, .max = CODE_MAX},
    {FIELD(struct order, note), .optional = true},
    {FIELD(struct order, price)},
    {FIELD(struct order, discount), .optional = true},
    {FIELD(struct order, count), .min = -COUNT_MAX, .max = COUNT_MAX},
    {FIELD(struct order, gift)},
    {FIELD(struct order, size), .values = sizes},
    {FIELD(struct order, items), .of = &item_shape, .max = ITEMS_MAX},
};
static const struct shape order_shape = BOUNDED_SHAPE(struct order, order_fields);

static void check_texts(const struct order *order)
{
	REQUIRE(text_length(order->name) >= 1 && utf8_length(order->name) <= NAME_MAX_LEN);
	REQUIRE(text_is_visible(order->name) && !utf8_has_hidden(order->name));
	REQUIRE(utf8_length(order->code) <= CODE_MAX);
	if (order->note)
		REQUIRE(!utf8_has_hidden(order->note));
}

static void check_numbers(const struct order *order)
{
	REQUIRE(order->price.paise >= 0 && order->price.paise <= MONEY_MAX_PAISE);
	REQUIRE(order->discount.paise >= -1 && order->discount.paise <= MONEY_MAX_PAISE);
	REQUIRE(order->count >= -COUNT_MAX && order->count <= COUNT_MAX);
	REQUIRE(order->size == 0 || order->size == 1);
	REQUIRE(order->items.n <= ITEMS_MAX);
	for (size_t i = 0; i < order->items.n; i++) {
		const struct item *item = (const struct item *)order->items.items + i;

		REQUIRE(item->count >= 1 && item->count <= COUNT_MAX);
	}
}

static struct json_object *parse(struct arena *arena, const char *text)
{
	struct json_object *body = NULL;
	size_t at;

	if (json_parse(&body, &at, arena, text, strlen(text)) ||
	    !json_object_is_type(body, json_type_object))
		return NULL;
	return body;
}

/* NULL if the body is refused. */
static const struct order *bind(struct arena *arena, struct json_object *body)
{
	struct binding b = {.arena = arena, .body = body};
	void *order = NULL;
	enum err e = shape_bind(&order, &b, &order_shape);

	REQUIRE(e == OK || e == ERR_INVALID);
	REQUIRE((e == OK) == !b.invalid);
	if (!e)
		return order;
	REQUIRE(json_object_array_length(b.invalid) > 0);
	REQUIRE(!order && json_text(NULL, b.invalid));
	return NULL;
}

/* Binding the printed struct gives the same struct. */
static void survives_json(struct arena *arena, const char *text)
{
	struct json_object *body = parse(arena, text);
	const struct order *again;

	REQUIRE(body);
	again = bind(arena, body);
	REQUIRE(again && strcmp(shape_to_text(arena, &order_shape, again), text) == 0);
}

static void survives_bson(struct arena *arena, const struct order *order, const char *text)
{
	struct order *again = arena_alloc(arena, sizeof *again);
	bson_t *doc = bson_new();

	REQUIRE(again && doc);
	REQUIRE(shape_to_bson(doc, &order_shape, order) == OK);
	REQUIRE(bson_validate(doc, BSON_VALIDATE_UTF8, NULL));
	REQUIRE(!shape_unreadable(arena, &order_shape, doc));
	REQUIRE(shape_from_bson(again, arena, &order_shape, doc) == OK);
	REQUIRE(strcmp(shape_to_text(arena, &order_shape, again), text) == 0);
	bson_destroy(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = fuzz_arena();
	struct fuzz_input in = {data, size};
	struct json_object *body = parse(arena, fuzz_rest(&in, arena));
	const struct order *order = body ? bind(arena, body) : NULL;
	const char *text;

	if (!order)
		return 0;
	check_texts(order);
	check_numbers(order);
	text = shape_to_text(arena, &order_shape, order);
	REQUIRE(text);
	survives_json(arena, text);
	/* A document has no form for an optional amount that is absent. */
	if (order->discount.paise != MONEY_NONE.paise)
		survives_bson(arena, order, text);
	return 0;
}
