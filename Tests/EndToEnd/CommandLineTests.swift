import Foundation
import TestSupport
import Testing

@Suite
struct CommandLineTests {
    private func launch(_ arguments: [String], in folder: TemporaryFolder) throws -> (code: Int32, text: String) {
        let log = folder.path("\(UUID().uuidString).log")
        let process = try ServiceProcess.launch(arguments, log: log)
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOfFile: log, encoding: .utf8))
    }

    @Test(arguments: [
        (["serve"], "--repository"),
        (["serve", "--repository", "https://example.org/jobs.git"], "file://"),
        (["serve", "--repository", "/srv/jobs.git", "--listen", "0.0.0.0:8899"], "loopback"),
        (["serve", "--repository", "/srv/jobs.git", "--listen", "nowhere"], "HOST:PORT"),
        (["serve", "--nonsense"], "--nonsense"),
        (["serve", "--config", "/nowhere/config.yaml"], "/nowhere/config.yaml"),
    ])
    func `wrong usage ends with 64 and says what to write`(arguments: [String], hint: String) throws {
        let result = try launch(arguments, in: TemporaryFolder())
        #expect(result.code == 64)
        #expect(result.text.contains(hint))
    }

    @Test
    func `the version is printed`() throws {
        let result = try launch(["--version"], in: TemporaryFolder())
        #expect(result.code == 0)
        #expect(result.text.firstMatch(of: /^\d+\.\d+\.\d+\n$/) != nil)
    }
}
