import '../../utils/json.dart';

/// Who is logged in.
final class Profile {
  const Profile({
    required this.userId,
    required this.name,
    required this.email,
    required this.createdAt,
  });

  factory Profile.fromJson(Json json) => Profile(
    userId: readString(json, 'id'),
    name: readString(json, 'name'),
    email: readString(json, 'email'),
    createdAt: readTime(json, 'created_at'),
  );

  final String userId;
  final String name;
  final String email;

  /// In UTC.
  final DateTime createdAt;
}
