/* PUBLIC_URL: the prefix of each image_url. Pure. */
#ifndef PUBLIC_URL_H
#define PUBLIC_URL_H

/* NULL where it is empty, or an origin with an optional final slash; else the error message. A path
 * is refused because all published paths begin at the root. */
const char *check_public_url(const char *url);

#endif
