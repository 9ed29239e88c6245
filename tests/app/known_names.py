"""Names that the app uses from Dart's, Flutter's and the packages' libraries: types, no functions.

It has only the names that the app uses. A library also has the names of the libraries that it exports. A
name that is missing here is misspelt, lacks an import, or is new: then check it in the library's source.
"""

EXPORTED = {
    "dart:core": ((), """
        ArgumentError DateTime Duration Exception FormatException Future Invocation Iterable List
        Map MapEntry Never Object RegExp Set StateError Stream String Uri"""),
    "dart:async": ((), """
        Completer FutureOr StreamController StreamSubscription StreamTransformer TimeoutException
        Timer"""),
    "dart:convert": ((), "LineSplitter Utf8Decoder"),
    "dart:io": ((), "File"),
    "dart:math": ((), "Random"),
    "dart:ui": ((), """
        AppLifecycleState Brightness Color FontWeight Offset Size"""),
    "package:flutter/foundation.dart": ((), """
        ChangeNotifier FlutterError FlutterErrorDetails PlatformDispatcher TargetPlatform
        ValueChanged ValueKey ValueListenable ValueNotifier VoidCallback"""),
    "package:flutter/services.dart": ((), """
        AutofillHints SystemChannels TextInputAction TextInputType"""),
    "package:flutter/widgets.dart": ((), """
        Align Alignment AlignmentDirectional AlwaysScrollableScrollPhysics AnimatedContainer
        AnimatedPositioned AppLifecycleListener AppLifecycleState AutofillGroup AutofillHints Axis
        Border BorderRadius BorderSide BoxConstraints BoxDecoration BoxFit BoxShadow BoxShape
        Brightness BuildContext Center ChangeNotifier Clip Color ColorFilter ColorFiltered
        ColoredBox Column ConstrainedBox Container CrossAxisAlignment Cubic CustomScrollView
        DecoratedBox EdgeInsets EdgeInsetsGeometry EditableText ErrorWidget ExcludeSemantics
        Expanded FittedBox FlexFit Flexible FocusNode FontWeight GlobalKey Icon IconData Image
        IndexedWidgetBuilder IntrinsicHeight LayoutBuilder LinearGradient ListView
        ListenableBuilder Locale MainAxisSize MediaQuery MergeSemantics ModalRoute Navigator
        NeverScrollableScrollPhysics NotificationListener Offset Padding PageStorageKey PopScope
        Positioned RoundedRectangleBorder Row SafeArea ScrollUpdateNotification
        ScrollViewKeyboardDismissBehavior Scrollable Semantics SingleChildScrollView Size SizedBox
        SliverChildBuilderDelegate SliverGrid SliverGridDelegate
        SliverGridDelegateWithMaxCrossAxisExtent SliverPadding SliverToBoxAdapter Stack State
        StatefulWidget StatelessWidget Text TextAlign TextDirection TextEditingController
        TextEditingValue TextInputType TextOverflow TextScaler TextStyle ValueChanged ValueKey
        ValueListenableBuilder ValueNotifier VoidCallback Widget WidgetsBinding
        WidgetsFlutterBinding Wrap WrapAlignment WrapCrossAlignment"""),
    "package:flutter/material.dart": (("package:flutter/widgets.dart",), """
        AlertDialog AppBar BackButton Badge CircleAvatar ColorScheme Divider FilledButton
        FilledButtonThemeData IconButton IconButtonThemeData Icons InkWell InputDecoration
        Material MaterialApp MaterialTapTargetSize MaterialType OutlineInputBorder OutlinedButton
        OutlinedButtonThemeData RefreshIndicator Scaffold ScaffoldMessenger ScaffoldMessengerState
        SnackBar SnackBarAction SnackBarBehavior SnackBarThemeData TextButton TextButtonThemeData
        TextField TextInputAction TextTheme Theme ThemeData ThemeExtension VisualDensity"""),
    "package:flutter_localizations/flutter_localizations.dart": ((), "GlobalMaterialLocalizations"),
    "package:flutter_secure_storage/flutter_secure_storage.dart": ((), "FlutterSecureStorage"),
    "package:go_router/go_router.dart": ((), """
        GoRoute GoRouter GoRouterState GoRouterWidgetBuilder"""),
    "package:http/http.dart": ((), """
        AbortableRequest BaseRequest ByteStream Client ClientException Response
        StreamedResponse"""),
    "package:http/testing.dart": ((), "MockClient"),
    "package:provider/provider.dart": ((), """
        ChangeNotifierProvider MultiProvider Provider SingleChildWidget"""),
    "package:provider/single_child_widget.dart": ((), "SingleChildWidget"),
    "package:shared_preferences/shared_preferences.dart": ((), "SharedPreferencesAsync"),
    "package:fake_async/fake_async.dart": ((), "FakeAsync"),
    "package:flutter_test/flutter_test.dart": (("package:test_api",), """
        Fake FakeViewPadding Finder TestWidgetsFlutterBinding WidgetTester"""),
    "package:test_api": ((), "Matcher"),
    "package:integration_test/integration_test.dart": ((), "IntegrationTestWidgetsFlutterBinding"),
}
