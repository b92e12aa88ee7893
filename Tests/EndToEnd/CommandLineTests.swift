import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct CommandLineTests {
    private func launch(_ arguments: [String]) async throws -> (code: Int32, text: String) {
        let folder = try TemporaryFolder()
        let log = folder.path("log")
        let code = try await RunningProgram([BuiltExecutable.path] + arguments, log: log).wait()
        return (code, try String(contentsOfFile: log, encoding: .utf8))
    }

    @Test(arguments: [
        (["serve"], "--repository"),
        (["serve", "--repository", "ftp://example.org/jobs.git"], "file://"),
        (["serve", "--repository", "/srv/jobs.git", "--listen", "0.0.0.0:8899"], "loopback"),
        (["serve", "--repository", "/srv/jobs.git", "--listen", "nowhere"], "HOST:PORT"),
        (["serve", "--nonsense"], "--nonsense"),
        (["serve", "--config", "/nowhere/config.yaml"], "/nowhere/config.yaml"),
    ])
    func `wrong usage ends with 64 and says what to write`(arguments: [String], hint: String) async throws {
        let result = try await launch(arguments)
        #expect(result.code == 64)
        #expect(result.text.contains(hint))
    }

    @Test
    func `the help of serve names every transport`() async throws {
        let help = try await launch(["serve", "--help"])
        #expect(help.code == 0)
        for transport in ["path", "file://", "https://", "ssh://", "git@HOST:PATH"] {
            #expect(help.text.contains(transport))
        }
    }

    @Test
    func `the version is printed`() async throws {
        let result = try await launch(["--version"])
        #expect(result.code == 0)
        #expect(result.text.firstMatch(of: /^\d+\.\d+\.\d+\n$/) != nil)
    }
}
