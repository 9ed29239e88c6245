import 'dart:convert';
import 'dart:io';

import 'package:quick_commerce_app/utils/json.dart';

/// The text of a file of `testing/samples/`, which has answers of a running shop.
String sampleText(String name) => File('testing/samples/$name').readAsStringSync();

/// A recorded call: its request, and the answer's status, headers and body.
Json readSample(String name) => asObject(jsonDecode(sampleText('$name.json')));

/// The body of a recorded answer.
Object? sampleJson(String name) => readSample(name)['body'];
