import Foundation

/// A package of PyPI in a virtual environment beside `Package.swift`, installed where it is missing.
package enum PythonPackage {
    /// - Parameters:
    ///   - requirement: as pip takes it, `name==1.2.3`.
    ///   - module: imported to see whether it is there.
    ///   - source: a file of the package under test.
    /// - Returns: the path of a Python that has the module.
    package static func python(_ requirement: String, module: String, source: String = #filePath) async throws -> String
    {
        var root = URL(fileURLWithPath: source).deletingLastPathComponent()
        while root.path != "/",
            !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path)
        {
            root.deleteLastPathComponent()
        }
        return try await installer.python(
            requirement,
            module,
            in: root.appendingPathComponent(".build-test-tools/\(module)")
        )
    }

    private static let installer = Installer()
}

/// Makes each environment once, however many tests want it at the same time.
private actor Installer {
    private var installations: [URL: Task<String, any Error>] = [:]

    func python(_ requirement: String, _ module: String, in environment: URL) async throws -> String {
        let installation =
            installations[environment] ?? Task { try await Self.install(requirement, module, in: environment) }
        installations[environment] = installation
        return try await installation.value
    }

    private static func install(_ requirement: String, _ module: String, in environment: URL) async throws -> String {
        let folder = environment.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = environment.lastPathComponent
        // Several processes may want it at once, and nobody may use it before it is complete: some modules can be imported when half
        // of their files are there. An environment finds its own files wherever it stands, so it can be made under another name.
        try await run(
            ["flock", "\(name).lock", "sh", "-e", "-c", Self.script, "install", name, requirement, module],
            in: folder.path,
            within: .seconds(900)
        )
        return environment.appendingPathComponent("bin/python3").path
    }

    private static let script = """
        if [ "$(cat "$1/requirement" 2>/dev/null)" = "$2" ]; then exit 0; fi
        rm -rf "$1.new"
        python3 -m venv "$1.new"
        "$1.new/bin/python3" -m pip install --quiet "$2"
        "$1.new/bin/python3" -c "import $3"
        printf %s "$2" > "$1.new/requirement"
        rm -rf "$1"
        mv "$1.new" "$1"
        """
}
