/* Calls that read the catalogue: what they take and what they answer. */
#ifndef PRODUCT_API_H
#define PRODUCT_API_H

#include "catalogue.h"
#include "req.h"

extern const struct shape products_in, product_path_in, category_out;
handler products_get, product_get, categories_get, products_since;

#endif
