import Foundation
import TestSupport
import Testing

@testable import LocalBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct InterpreterTests {
    @Test
    func `the configured interpreter wins, and a missing one is named`() async throws {
        let interpreters = Interpreters(configured: ["3.11": "/bin/sh", "3.12": "/nowhere/python"], path: "")
        #expect(try await interpreters.findInterpreter("3.11") == "/bin/sh")
        await #expect(
            throws: RuntimeError("runtimes.python has /nowhere/python for Python 3.12, and no program is there")
        ) {
            try await interpreters.findInterpreter("3.12")
        }
    }

    @Test
    func `a python on the PATH is used only if it reports the version`() async throws {
        let folder = try TemporaryFolder()
        let version = PythonVersion.current
        let liar = folder.path("python\(version)")
        try Data("#!/bin/sh\necho 9.9\necho /bin/sh\n".utf8).write(to: URL(fileURLWithPath: liar))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: liar)
        let real = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let found = try await Interpreters(configured: [:], path: "\(folder.url.path):\(real)").findInterpreter(version)
        #expect(found != liar)
        #expect(FileManager.default.isExecutableFile(atPath: found))
    }
}
