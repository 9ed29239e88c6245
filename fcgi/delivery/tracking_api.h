/* Calls on event streams: authorization of subscribers and publishers. */
#ifndef TRACKING_API_H
#define TRACKING_API_H

#include "req.h"

extern const struct shape events_in;
/* streams_authorize: an auth_request of the nginx that holds the streams, before it publishes. */
handler events_get, streams_authorize;

#endif
