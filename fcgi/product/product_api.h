/* The routes that read the catalogue: shapes and handlers for the service's route table. */
#ifndef PRODUCT_API_H
#define PRODUCT_API_H

#include "catalogue.h"
#include "req.h"

extern const struct shape products_in, product_path_in, category_out;
handler products_get, product_get, categories_get, products_since;

#endif
