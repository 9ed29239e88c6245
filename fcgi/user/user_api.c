/* Calls on accounts: POST /register, GET /profile. */
#include "user_api.h"

#include <string.h>

#include "auth.h"
#include "clock.h"
#include "db.h"
#include "email.h"
#include "id.h"
#include "password.h"
#include "req.h"
#include "text.h"
#include "user_store.h"

const char *otp_code;

/* ---- register ---- */

static const struct field register_fields[] = {
    {FIELD(struct register_in, name), .min = 1, .max = 100, .example = "Asha"},
    {FIELD(struct register_in, email), .max = EMAIL_MAX, .form = email_form, .check = check_email,
     .format = "idn-email", .example = "asha@example.com"},
    {FIELD(struct register_in, password), .min = PASSWORD_MIN, .max = PASSWORD_MAX, .raw = true,
     .form = text_nfkc, .secret = true, .format = "password", .example = "correct horse"},
    {FIELD(struct register_in, otp), .max = 64, .secret = true, .example = "1234"},
};
const struct shape register_in = NAMED_SHAPE("Registration", struct register_in, register_fields);

enum err user_register(struct req *rq)
{
	const struct register_in *in = req_input(rq);
	struct user user = {.name = in->name, .email = in->email}, existing;
	char hash[PASSWORD_HASH_SIZE];
	enum err e;

	if (strcmp(in->otp, otp_code) != 0)
		return ERR_OTP;
	/* An address in use is refused before the expensive hash. The unique index decides races.
	 */
	e = user_by_email(&existing, req_ctx(rq), in->email);
	if (e != ERR_USER_NOT_FOUND)
		return e ? e : ERR_EMAIL_EXISTS;
	db_client_push(req_ctx(rq)); /* other calls need it while this one waits for the bulkhead */
	e = password_hash(hash, in->password, req_ctx(rq)->deadline);
	if (e)
		return e;
	user.password = hash;
	user.created_at.ms = clock_now_ms();
	id_new(&user._id);
	e = user_insert(req_ctx(rq), &user);
	return e ? e : req_message(rq, "User created successfully");
}

/* ---- profile ---- */

struct profile_out {
	bson_oid_t id;
	const char *name, *email;
	struct timestamp created_at;
};

static const struct field profile_fields[] = {
    {FIELD(struct profile_out, id)},
    {FIELD(struct profile_out, name), .example = "Asha"},
    {FIELD(struct profile_out, email), .example = "asha@example.com"},
    {FIELD(struct profile_out, created_at)},
};
const struct shape profile_out = NAMED_SHAPE("Profile", struct profile_out, profile_fields);

enum err user_profile(struct req *rq)
{
	struct user user;
	enum err e = user_by_id(&user, req_ctx(rq), req_user_id(rq));

	if (e)
		return e;
	return req_reply(rq, &profile_out,
			 &(struct profile_out){user._id, user.name, user.email, user.created_at});
}
