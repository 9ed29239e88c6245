import 'dart:math';

/// A number of random bytes as hexadecimal digits.
String randomHex(Random random, int bytes) =>
    [for (var i = 0; i < bytes; i++) random.nextInt(256).toRadixString(16).padLeft(2, '0')].join();
