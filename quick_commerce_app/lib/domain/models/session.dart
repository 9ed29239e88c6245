/// How a session ended.
enum SessionEnd {
  /// The user logged out.
  left,

  /// The shop refused its token.
  expired,
}

/// The result of a login: the session, and the device id if the shop sent one.
typedef Login = ({Session session, String? device});

/// A session: its user, and its expiry.
final class Session {
  const Session({required this.token, required this.userId, required this.expiresAt});

  /// Only for headers, never for an address or a log.
  final String token;
  final String userId;

  /// In UTC.
  final DateTime expiresAt;

  bool isOver(DateTime now) => !expiresAt.isAfter(now);
}
