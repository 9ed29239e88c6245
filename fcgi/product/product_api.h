#ifndef PRODUCT_API_H
#define PRODUCT_API_H

#include "service.h"

extern const struct service product_service;

#endif
