package dev.millrace.gpustage.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.gpustage.torch.TorchDevice;
import org.junit.jupiter.api.BeforeAll;

/** The same on a CUDA device, where there is one: {@code mvn -Pcuda}. */
class PlainOnCudaTest extends PlainModelTest {
    @BeforeAll
    static void lookForADevice() {
        String missing = TorchDevice.missingCuda();
        if (!missing.isEmpty()) {
            System.out.println("PlainOnCudaTest is skipped: " + missing);
        }
        assumeTrue(missing.isEmpty(), missing);
    }

    @Override
    TorchDevice device() {
        return TorchDevice.CUDA;
    }

    /** Sums come in another order. */
    @Override
    double tolerance() {
        return 1e-3;
    }
}
