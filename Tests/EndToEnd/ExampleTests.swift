import Foundation
import TestSupport
import Testing

/// The examples, as a user runs them. The quickstart is run by `Tests/run` itself.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ExampleTests {
    /// Runs an example with the program that is tested.
    ///
    /// - Returns: what it printed, errors too.
    private func run(_ example: String) async throws -> String {
        let folder = try TemporaryFolder()
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let log = folder.path("log")
        let command = ["env", "TFJOB_ADMIN=\(BuiltExecutable.path)", "\(project)/examples/\(example)/run"]
        let code = try await RunningProgram(command, log: log).wait()
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(code == 0, "\(text)")
        return text
    }

    @Test
    func `the review example shows mistakes at their line and every form of a plan`() async throws {
        let text = try await run("review")
        #expect(
            text.contains(
                "greet.json:4:3: error: the key \"bootfiel\" is not known in a job: did you mean \"bootfile\"?"
            )
        )
        #expect(text.contains("greet.json:6:13: error: memory needs a unit: write \"2048Mi\""))
        #expect(text.contains("\nPlan: 1 to start, 1 to restart.\n"))
        #expect(text.contains("\n### Merging this: 1 to start, 1 to restart\n"))
        #expect(text.contains("\n::warning file=clusters/default/partitions/examples/hello.json,"))
        #expect(text.contains("(exit code 2: there are changes)"))
    }

    @Test
    func `the hooks example shows an effect, a refusal and a push that lands with the service down`() async throws {
        let text = try await run("hooks")
        #expect(text.contains("± default/examples/hello runs again: run 2 is "))
        #expect(text.contains("hello.json:10:33: error: \"-2\" is too small"))
        #expect(text.contains("the push has landed; no service answers at http://127.0.0.1:"))
    }

    @Test
    func `the second-shell example shows a job that runs, its log, its end and its history`() async throws {
        let text = try await run("second-shell")
        #expect(text.contains("default/examples/count  running"))
        #expect(text.contains("\nepoch 5 of 5\n"))
        #expect(text.contains("\ndefault/examples/count succeeded\n"))
        #expect(text.contains("\ncount-worker-1  Succeeded         0     0"))
        #expect(text.contains("  replace  done      2  succeeded"))
        #expect(text.contains("; did you mean default/examples/count?\n(exit code 1)\n"))
    }

    @Test
    func `the README's table has the keys of the schema, and no others`() async throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let text = try String(contentsOfFile: "\(project)/README.md", encoding: .utf8)
        let chapter = text.components(separatedBy: "### The keys of a job file\n").last?.components(separatedBy: "\n##")
            .first
        let listed = try #require(chapter).matches(of: /\n\| `([A-Za-z.]+)` \|/).map { String($0.1) }
        let schema = try JSON(Data(try await Tool.run(["schema"], in: "/tmp").text.utf8))
        let definitions = schema[dynamicMember: "$defs"]
        func keys(_ shape: JSON, _ prefix: String) -> [String] {
            shape.properties.keys.flatMap { key -> [String] in
                var shape = shape.properties[dynamicMember: key]
                if let name = shape[dynamicMember: "$ref"].text?.split(separator: "/").last {
                    shape = definitions[dynamicMember: String(name)]
                }
                return [prefix + key] + keys(shape, "\(prefix)\(key).") + keys(shape.items, "\(prefix)\(key).")
            }
        }
        #expect(listed.sorted() == keys(definitions.job, "").sorted())
        #expect(listed.count > 30)
    }
}
