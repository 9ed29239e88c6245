#ifndef DELIVERY_API_H
#define DELIVERY_API_H

#include "service.h"

extern const struct service delivery_service;

#endif
