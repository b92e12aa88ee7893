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
        let folder = FileManager.default.temporaryDirectory.path
        let python = environment.appendingPathComponent("bin/python3").path
        if (try? await run([python, "-c", "import \(module)"], in: folder)) == nil {
            try await run(["python3", "-m", "venv", environment.path], in: folder)
            try await run([python, "-m", "pip", "install", "--quiet", requirement], in: folder, within: .seconds(900))
        }
        return python
    }
}
