#define _GNU_SOURCE /* _exit in the drain, prctl */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "auth.h"
#include "clock.h"
#include "db.h"
#include "health.h"
#include "listen.h"
#include "log.h"
#include "otlp.h"
#include "probe.h"
#include "rest.h"
#include "sandbox.h"
#include "service_metrics.h"
#include "text.h"
#include "token.h"
#include "worker.h"

enum {
	LISTEN_FD = 0, /* FCGI_LISTENSOCK_FILENO of the FastCGI specification */
	DATA_WAIT_MS = 1500,
};

/* The year 2100. A time in milliseconds would revoke all tokens of staff, so it is refused. */
#define STAFF_SINCE_MAX INT64_C(4102444800)

static const struct service *running;
static const char *listen_address, *mongodb_uri, *mongodb_password, *jwt_secret, *jwt_secret_old,
    *internal_url;
static const char *service_secret, *service_secret_old;
static const char *metrics_file, *otlp_endpoint;
static int64_t n_threads = 16, staff_since, started_ms;
static int log_level; /* enum log_level */
static int allow_demo;

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const no_or_yes[] = {"no", "yes", NULL};
static const char *const jwt_secrets[] = {"JWT_SECRET", "JWT_SECRET_OLD", NULL};

static struct setting settings[] = {
    {"THREADS", SETTING_NUMBER, &n_threads, "16", 1, WORKER_THREADS_MAX, false,
     "threads of a process, each of which serves one request at a time"},
    {"LISTEN", SETTING_TEXT, &listen_address, "", 0, 300, false,
     "TCP address to listen on, such as :9000; empty: the socket that is descriptor 0"},
    {"ALLOW_DEMO", SETTING_ENUM, &allow_demo, "no", 0, 0, false,
     "yes: demo settings are allowed even if other machines can reach the shop", no_or_yes},
    {"MONGODB_URI", SETTING_TEXT, &mongodb_uri, NULL, 10, 4096, true,
     "address of the MongoDB replica set"},
    {"MONGODB_PASSWORD", SETTING_TEXT, &mongodb_password, "", 0, 1024, true,
     "password of the account in MONGODB_URI, if the address has none; empty: none"},
    {"JWT_SECRET", SETTING_TEXT, &jwt_secret, NULL, TOKEN_SECRET_MIN, 4096, true,
     "signs people's tokens; 32 bytes or more"},
    {"JWT_SECRET_OLD", SETTING_TEXT, &jwt_secret_old, "", TOKEN_SECRET_MIN, 4096, true,
     "a second secret whose tokens are accepted; empty: none", .may_lack_file = true},
    {"SERVICE_SECRET", SETTING_TEXT, &service_secret, NULL, TOKEN_SECRET_MIN, 4096, true,
     "signs the tokens of calls between services; 32 bytes or more, must differ from JWT_SECRET",
     .unlike = jwt_secrets},
    {"SERVICE_SECRET_OLD", SETTING_TEXT, &service_secret_old, "", TOKEN_SECRET_MIN, 4096, true,
     "a second secret whose tokens of services are accepted; empty: none", .may_lack_file = true,
     .unlike = jwt_secrets},
    {"STAFF_TOKENS_SINCE", SETTING_NUMBER, &staff_since, "0", 0, STAFF_SINCE_MAX, false,
     "tokens of staff that were issued up to this time (seconds since 1970) are refused"},
    {"AUTH_REQUIRED", SETTING_SWITCH, &auth_required, "on", 0, 0, false,
     "off: calls without a token are allowed, for the published clients", .demo = "off"},
    {"INTERNAL_URL", SETTING_TEXT, &internal_url, "http://127.0.0.1:8090", 8, 1024, false,
     "address of the internal listener, for calls between services"},
    {"METRICS_FILE", SETTING_TEXT, &metrics_file, "", 0, 1024, false,
     "file through which the processes of a pool share their metrics; empty: each has its own"},
    {"OTEL_EXPORTER_OTLP_ENDPOINT", SETTING_TEXT, &otlp_endpoint, "", 8, 1024, true,
     "an OpenTelemetry collector that spans are sent to, http://host:4318; empty: none"},
    {"LOG_LEVEL", SETTING_ENUM, &log_level, "info", 0, 0, false,
     "lowest level that is logged: debug, info, warning, error", log_levels},
};

enum {
	N_SETTINGS = sizeof settings / sizeof settings[0],
	SETTING_THREADS = 0,
	SETTING_LISTEN = 1,
	SETTING_ALLOW_DEMO = 2,
};

const struct service *service_running(void)
{
	return running;
}

int64_t service_seconds(void)
{
	return (clock_mono_ms() - started_ms) / 1000;
}

unsigned service_threads(void)
{
	return (unsigned)n_threads;
}

const char *service_database_uri(void)
{
	return mongodb_uri;
}

/* ---- start ---- */

static enum err read_settings(const struct service *service)
{
	enum err common, own;

	/* With a port of its own the process runs in a container, and can't detect whether other
	 * machines reach the gateway. */
	if (*config_text(&settings[SETTING_LISTEN]) &&
	    strcmp(config_text(&settings[SETTING_ALLOW_DEMO]), "yes") != 0)
		config_refuse_demo();
	common = config_load(settings, N_SETTINGS, stderr);
	if (!common)
		common = db_address_complete(&mongodb_uri, mongodb_password, stderr);
	own = config_load(service->settings, service->n_settings, stderr);
	return common ? common : own;
}

/* Opened early, so that connections during the start wait and aren't refused. */
static enum err open_socket(struct worker_socket *out)
{
	enum err e;

	out->own = *listen_address;
	if (!out->own) {
		out->fd = LISTEN_FD;
		/* The workers of a pool whose master died must not serve beside those of the next
		 * master. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		return OK;
	}
	e = listen_open(&out->fd, listen_address);
	if (e)
		log_event(LOG_ERROR, NULL, "listen.failed address=%s reason=%s", listen_address,
			  e == ERR_INVALID ? "should be HOST:PORT or :PORT" : strerror(errno));
	return e;
}

/* Enters the sandbox and starts what the service uses. It is called before the first thread, and
 * after the socket and the metrics file are open, which the sandbox would deny. */
static enum err start(struct db **db, const struct service *service)
{
	unsigned clients = (unsigned)n_threads + (unsigned)service->n_jobs;
	enum err e = text_init();

	if (!e)
		e = db_address_files(mongodb_uri, sandbox_allow_reading);
	if (!e)
		e = sandbox_allow_reading(getenv("SSL_CERT_FILE"));
	if (!e)
		e = sandbox_allow_reading(getenv("SSL_CERT_DIR"));
	if (!e)
		e = sandbox_enter();
	if (!e)
		e = token_init(jwt_secret);
	if (!e)
		e = token_accept(jwt_secret_old, staff_since);
	if (!e)
		e = token_init_service(service_secret, service_secret_old);
	if (!e)
		e = rest_init(internal_url);
	if (!e)
		e = otlp_start(otlp_endpoint, service->name);
	if (!e)
		e = db_open(db, mongodb_uri, service->database, clients);
	if (!e && service->start)
		e = service->start();
	for (size_t i = 0; i < service->n_jobs && !e; i++)
		e = background_start(&service->jobs[i], *db);
	return e;
}

/* ---- serve ---- */

static int serve(const struct service *service)
{
	struct routes tables[] = {health_routes, service->routes};
	struct service_state state = {.routes = tables, .n_tables = 2};
	struct worker_socket socket;
	int64_t until;
	enum err e = open_socket(&socket);

	service_metrics_open(metrics_file, service->metrics, tables, state.n_tables);
	if (!e)
		e = start(&state.db, service);
	if (e) {
		log_event(LOG_ERROR, NULL, "service.start_failed reason=%s", err_info(e)->code);
		_exit(1); /* running jobs may use the data that a return would free */
	}
	if (!auth_required)
		log_event(LOG_WARNING, NULL, "setting.unsafe name=%s reason=%s", "AUTH_REQUIRED",
			  "off: the published calls are open to anyone");
	/* A worker that replaces a killed one accepts no request until it has its data. Without a
	 * database it serves after the wait, and reports that it isn't ready. */
	until = clock_mono_ms() + DATA_WAIT_MS;
	while (service->holds_data && !service->holds_data() && clock_mono_ms() < until)
		clock_sleep_ms(10);
	e = worker_run(&state, &socket, (unsigned)n_threads);
	if (e) {
		log_event(LOG_ERROR, NULL, "service.failed reason=%s",
			  e == ERR_INTERNAL ? "ended while requests were running"
					    : "can't start threads");
		_exit(1);
	}
	background_stop();
	if (service->stop)
		service->stop();
	db_close(state.db);
	otlp_stop();
	log_event(LOG_INFO, NULL, "service.ended");
	return 0;
}

/* ---- options ---- */

/* Prints the health or the metrics of the service at LISTEN, which is another process. If each
 * process has an address of its own, there is no other way to get them for one process. */
static int check_health(const char *word)
{
	static const char *const pages[] = {"/healthz", "/readyz", "/metrics"};
	const char *path = word ? NULL : pages[0];

	for (size_t i = 0; word && i < sizeof pages / sizeof pages[0]; i++) {
		if (strcmp(word, pages[i] + 1) == 0)
			path = pages[i];
	}
	if (!path || config_load(&settings[SETTING_LISTEN], 1, stderr) || !*listen_address) {
		fputs("--health takes healthz, readyz or metrics, and needs LISTEN\n", stderr);
		return 2;
	}
	return probe(listen_address, path, stdout) ? 1 : 0;
}

/* `word` is the next argument or NULL. Returns the exit status. */
static int run_option(const char *option, const char *word, const struct service *service)
{
	if (strcmp(option, "--health") == 0)
		return check_health(word);
	if (strcmp(option, "--check") == 0)
		return read_settings(service) ? 2 : 0;
	if (strcmp(option, "--routes") == 0) {
		routes_print(&service->routes, stdout);
		routes_print(&health_routes, stdout);
	} else if (strcmp(option, "--errors") == 0) {
		errors_print_gateway(stdout);
	} else if (strcmp(option, "--metrics") == 0) {
		service_metrics_print_names(service->metrics, stdout);
	} else if (strcmp(option, "--config") == 0) {
		config_print(settings, N_SETTINGS, stdout);
		config_print(service->settings, service->n_settings, stdout);
	} else {
		fprintf(stderr,
			"usage: %s [--routes | --errors | --metrics | --config | --check | "
			"--health [healthz | readyz | metrics]]\n",
			service->name);
		return 2;
	}
	return 0;
}

int service_main(int argc, char **argv, const struct service *service)
{
	if (service->threads)
		settings[SETTING_THREADS].fallback = service->threads;
	if (argc > 1)
		return run_option(argv[1], argv[2], service);
	running = service;
	started_ms = clock_mono_ms();
	worker_block_signals();
	if (sodium_init() < 0)
		return 1;
	if (read_settings(service) || routes_check(&service->routes, stderr))
		return 2;
	log_init(service->name, (enum log_level)log_level);
	return serve(service);
}
