import Foundation
import Jobs
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ScriptModuleTests {
    @Test
    func `the module does what it says, without a framework`() async throws {
        let folder = try TemporaryFolder()
        let module = folder.path(ScriptModule.fileName)
        try Data(ScriptModule.content).write(to: URL(fileURLWithPath: module))
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("tfjob_test.py")
        let log = folder.path("log")
        let command = ["env", "PYTHONPATH=\(folder.url.path)", PythonVersion.path, tests.path]
        let code = try await RunningProgram(command, log: log).wait()
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(code == 0, "\(text)")
    }

    @Test
    func `the version follows the content`() {
        let digits = ScriptModule.version.filter(\.isHexDigit)
        #expect(digits.count == 16)
        #expect(digits == ScriptModule.version)
    }
}
