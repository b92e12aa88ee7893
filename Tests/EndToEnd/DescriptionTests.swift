import Foundation
import TestSupport
import Testing

/// The built service against its own description.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct DescriptionTests {
    @Test
    func `schemathesis finds no failure of the service, and no answer that is not described`() async throws {
        let python = try await PythonPackage.python("schemathesis==4.32.5", module: "schemathesis")
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try scene.repository.write("{", to: scene.path("two"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        let hooks = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("schemathesis_hooks.py")
        let checks = [
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance", "unsupported_method", "negative_data_rejection",
        ]
        let seed = SeededGenerator.seed
        print("DescriptionTests: TEST_SEED=\(seed)")
        let log = scene.folder.path("schemathesis.log")
        let program = try await RunningProgram(
            [
                "env", "-C", scene.folder.url.path, "SCHEMATHESIS_HOOKS=\(hooks.path)", python, "-m",
                "schemathesis.cli", "run",
                "\(service.url.absoluteString)openapi.json", "--checks", checks.joined(separator: ","),
                "--max-examples", "\(sweep(10, full: 500).count)", "--seed", "\(seed)", "--workers", "1",
                "--request-timeout", "30", "--no-color",
            ],
            log: log
        )
        let code = try await program.wait()
        let report = try String(contentsOfFile: log, encoding: .utf8)
        #expect(code == 0, "\(report.suffix(8000))")
        #expect(report.contains("generated, "), "\(report.suffix(3000))")
        #expect(try await service.request("/livez").status == 200)
        try await scene.end(service)
    }
}
