package com.example.shop;

import dev.tidewire.server.Frame;
import dev.tidewire.server.MessageHandler;
import dev.tidewire.server.WebSocketServer;
import java.util.concurrent.CountDownLatch;

/** An application whose handler of messages waits for something; in a package that is not ours. */
public final class Checkout implements MessageHandler {
    public final CountDownLatch paid = new CountDownLatch(1);

    @Override
    public void handle(WebSocketServer ws, Frame frame) throws InterruptedException {
        paid.await();
        ws.push(frame.fd(), "paid");
    }
}
