import '../../utils/json.dart';

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

  /// From the answer of a login at [now].
  factory Session.fromLogin(Json json, DateTime now) => Session(
    token: readString(json, 'access_token'),
    userId: readString(json, 'user_id'),
    expiresAt: now.toUtc().add(Duration(seconds: readInt(json, 'expires_in'))),
  );

  /// From what [toKept] made.
  factory Session.fromKept(Json kept) => Session(
    token: readString(kept, 'token'),
    userId: readString(kept, 'userId'),
    expiresAt: readTime(kept, 'expiresAt'),
  );

  /// Goes into headers alone, never into an address or a log.
  final String token;
  final String userId;

  /// In UTC.
  final DateTime expiresAt;

  bool isOver(DateTime now) => !expiresAt.isAfter(now);

  /// As the device keeps it.
  Json toKept() => {'token': token, 'userId': userId, 'expiresAt': expiresAt.toIso8601String()};
}
