/// The profile of the logged-in user.
final class Profile {
  const Profile({
    required this.userId,
    required this.name,
    required this.email,
    required this.createdAt,
  });

  final String userId;
  final String name;
  final String email;

  /// In UTC.
  final DateTime createdAt;
}
