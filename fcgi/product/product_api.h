#ifndef PRODUCT_API_H
#define PRODUCT_API_H

#include "service.h"

extern const struct service product_service;

/* What a product has to look like to come in: struct product (product_store.h). */
extern const struct shape product_in;

#endif
