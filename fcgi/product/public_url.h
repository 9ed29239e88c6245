/* PUBLIC_URL: the address that stands before each image_url. Pure. */
#ifndef PUBLIC_URL_H
#define PUBLIC_URL_H

/* NULL where it is empty or an origin alone, maybe with a final slash, as all published paths begin
 * at the root; else what is wrong with it. */
const char *check_public_url(const char *url);

#endif
