import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct ParameterServerTests {
    /// Every replica listens on its own address of TF_CONFIG. Chief and worker connect to all others and then end; the
    /// parameter server never does.
    private static let script = #"""
        import json, os, socket, sys, threading, time

        config = json.loads(os.environ["TF_CONFIG"])
        task = config["task"]
        assert config["environment"] == "cloud", config
        assert set(config["cluster"]) == {"chief", "worker", "ps"}, config
        own = config["cluster"][task["type"]][task["index"]]
        host, port = own.rsplit(":", 1)
        server = socket.create_server((host, int(port)))
        met = set()

        def serve():
            while True:
                peer, _ = server.accept()
                met.add(peer.makefile().readline().strip())
                peer.close()

        threading.Thread(target=serve, daemon=True).start()
        others = [address for group in config["cluster"].values() for address in group if address != own]
        for address in others:
            host, port = address.rsplit(":", 1)
            deadline = time.monotonic() + 30
            while True:
                try:
                    with socket.create_connection((host, int(port)), timeout=5) as peer:
                        peer.sendall((own + "\n").encode())
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        sys.exit(f"{address} does not answer")
                    time.sleep(0.05)
        while met != set(others) or task["type"] == "ps":
            time.sleep(0.02)
        print("met", *sorted(met))
        """#

    @Test
    func `chief and worker meet every address of TF_CONFIG and finish, and the parameter server is ended`() async throws
    {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(Self.script, to: "code/meet.py")
        let job = scene.job { job in
            job.bootfile = "meet.py"
            job.replicas = [("chief", 1), ("worker", 2), ("ps", 1)]
        }
        try scene.repository.write(job.text, to: scene.path("ps"))
        try await scene.repository.publish()
        let done = try await service.job("ps", reaches: "succeeded")
        #expect(done.status.replicas[0].id.text == "ps-chief-0")
        #expect(done.status.replicas[0].exitCode.int == 0)
        try await eventually("the parameter server is ended") { try scene.leftovers().isEmpty }
        try await eventually("its end is shown") {
            let server = try await service.job("ps")?.status.replicas[3]
            return server?.status.text == "Succeeded" && server?.exitCode == .null
        }
        try await scene.end(service)
    }

    @Test
    func `a job of one replica has no TF_CONFIG, and its folders are made and named`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let model = scene.folder.path("out/model")
        let logs = scene.folder.path("out/logs")
        try scene.repository.write(
            """
            import os
            assert "TF_CONFIG" not in os.environ
            assert os.environ["TFJOB_MODEL_DIR"] == \(PythonText.quoted(model))
            open(os.environ["TFJOB_MODEL_DIR"] + "/weights", "w").write("1")
            print("the model is written")
            """,
            to: "code/single.py"
        )
        let job = scene.job { job in
            job.bootfile = "single.py"
            job.more = [#""modelDir": "\#(model)""#, #""logDir": "\#(logs)""#]
        }
        try scene.repository.write(job.text, to: scene.path("single"))
        try await scene.repository.publish()
        try await service.job("single", reaches: "succeeded")
        #expect(FileManager.default.fileExists(atPath: model + "/weights"))
        let names = try FileManager.default.contentsOfDirectory(atPath: logs)
        let log = try #require(names.first)
        #expect(try String(contentsOfFile: "\(logs)/\(log)", encoding: .utf8) == "the model is written\n")
        try await scene.end(service)
    }
}

/// Text as a Python literal.
enum PythonText {
    static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
