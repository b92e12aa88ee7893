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
        let folder = FileManager.default.temporaryDirectory.path
        let environment = root.appendingPathComponent(".build-test-tools/\(module)")
        let python = environment.appendingPathComponent("bin/python3").path
        if (try? await run([python, "-c", "import \(module)"], in: folder)) == nil {
            try await run(["python3", "-m", "venv", environment.path], in: folder)
            try await run([python, "-m", "pip", "install", "--quiet", requirement], in: folder)
        }
        return python
    }
}
