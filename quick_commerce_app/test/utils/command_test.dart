import 'dart:async';

import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/utils/command.dart';
import 'package:quick_commerce_app/utils/result.dart';

import '../../testing/fakes/samples.dart';

void main() {
  test('a command runs once at a time', () async {
    final gate = Completer<void>();
    var runs = 0;
    final command = Command0<int>(() async {
      runs++;
      await gate.future;
      return Ok(runs);
    });
    addTearDown(command.dispose);
    final first = command.execute();
    await command.execute();
    expect(command.running, isTrue);
    gate.complete();
    await first;
    expect(runs, 1);
    expect(command.running, isFalse);
    expect(command.completed, isTrue);
    expect(command.result?.valueOrNull, 1);
  });

  test('a failure is kept until it is cleared or the next run', () async {
    final command = Command1<void, bool>(
      (succeeds) async => succeeds ? const Ok(null) : const Failed(sampleOffline),
    );
    addTearDown(command.dispose);
    await command.execute(false);
    expect(command.error, sampleOffline);
    expect(command.completed, isFalse);
    command.clearResult();
    expect(command.error, isNull);
    await command.execute(false);
    await command.execute(true);
    expect(command.error, isNull);
    expect(command.completed, isTrue);
  });

  test('listeners are notified of the start and of the end', () async {
    final seen = <bool>[];
    final command = Command0<void>(() async => const Ok(null));
    addTearDown(command.dispose);
    command.addListener(() => seen.add(command.running));
    await command.execute();
    expect(seen, [true, false]);
  });

  test('an action that throws ends the command', () async {
    final command = Command0<void>(() async => throw StateError('broken'));
    addTearDown(command.dispose);
    await expectLater(command.execute(), throwsStateError);
    expect(command.running, isFalse);
    expect(command.result, isNull);
  });

  test('a command that ends after its disposal notifies no listener', () async {
    final gate = Completer<void>();
    final command = Command0<void>(() async {
      await gate.future;
      return const Ok(null);
    });
    final run = command.execute();
    command.dispose();
    gate.complete();
    await expectLater(run, completes);
  });
}
