/// How a session ended.
enum SessionEnd {
  /// The user logged out.
  left,

  /// The shop didn't take its token any more.
  expired,
}

/// What a login brought: the session, and what the shop knows this device again by, if it said so.
typedef Login = ({Session session, String? device});

/// A login: whose, and until when.
final class Session {
  const Session({required this.token, required this.userId, required this.expiresAt});

  /// Goes into headers alone, never into an address or a log.
  final String token;
  final String userId;

  /// In UTC.
  final DateTime expiresAt;

  bool isOver(DateTime now) => !expiresAt.isAfter(now);
}
