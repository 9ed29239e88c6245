/* The product service's tables. */
#ifndef PRODUCT_SERVICE_H
#define PRODUCT_SERVICE_H

#include "lib/service/service.h"

extern const struct service product_service;

#endif
