/* Calls on event streams: who may subscribe, and who may publish. */
#ifndef TRACKING_API_H
#define TRACKING_API_H

#include "req.h"

extern const struct shape events_in;
/* streams_authorize: the nginx of the streams asks whether the caller may publish. */
handler events_get, streams_authorize;

#endif
