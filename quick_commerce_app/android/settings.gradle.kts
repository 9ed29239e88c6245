pluginManagement {
    // The tool writes local.properties with the place of its SDK before each build.
    val flutterSdk: String =
        java.util.Properties().run {
            file("local.properties").inputStream().use { load(it) }
            getProperty("flutter.sdk") ?: error("flutter.sdk is not set in local.properties")
        }

    includeBuild("$flutterSdk/packages/flutter_tools/gradle")

    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

plugins {
    id("dev.flutter.flutter-plugin-loader") version "1.0.0"
    // The versions of Flutter 3.38; later ones take them too.
    id("com.android.application") version "8.11.1" apply false
    id("org.jetbrains.kotlin.android") version "2.2.20" apply false
}

include(":app")
