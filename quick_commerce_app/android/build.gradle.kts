allprojects {
    repositories {
        google()
        mavenCentral()
    }
}

// All output goes to the app's build folder, where the tool looks for it.
val output: Directory = layout.buildDirectory.dir("../../build").get()
layout.buildDirectory.value(output)

subprojects {
    layout.buildDirectory.value(output.dir(name))
}
subprojects {
    evaluationDependsOn(":app")
}

tasks.register<Delete>("clean") {
    delete(rootProject.layout.buildDirectory)
}
